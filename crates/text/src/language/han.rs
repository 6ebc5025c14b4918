//! Chinese in simplified or traditional characters, and written Cantonese.

use std::sync::LazyLock;

/// Frequent characters that only the simplified script writes, and that are no traditional
/// character of another word.
const SIMPLIFIED: &str = "们这来时为说国学会对过还发经个没动从问头间实现见话关开长门车东风马鸟鱼龙书买卖\
    电员业产样种应该给让认识谁边远进运连达选适选历压厅严丧乐习乡亚亲亿仅仓仪众优伟传伤伦伪体侠侣侦侧侨俭\
    债倾偿储儿兰兴养兽内册军农冯冲决况冻净凉减凤凭凯击刘则刚创删别刽剂剑剧劝办务劳势区医华协单占卢卫却厂\
    厉参双变叙叶号叹吓吗启吴呐员呕响哑唤啸喷团园围图圆圣场坏块坚坛坝坟垄垒垦垫塑墙壮声壳处备复够头夸夹夺\
    奋奖妆妇妈娄娱婴宁宝审宪宫宽宾寝对寻导寿将尔尘尝尽层届属岁岂岗岛岭岳巢巩币帅师帐帜带帮广庄庆库应庙废\
    开异弃张弥弯归录彻径忆忧怀态怜总恋恳恶悬惊惧惩惯愤愿戏战户执扩扫扬扰抚抛抢护报担拟拥择挂挡挤挥损换据\
    摄摆摇敌敛数断无旧旷显晓晒暂术机杀杂权条杨极构枪枫柜标栏树样桥档梦检楼欢欧欲歼残毁毕气汇汉汤沟泪泽洁\
    洒浇测济浏浑浓涂涛涝涡润涨渊渐渔湾湿溃滚满滤滥滨灭灯灵灾炉点炼烂烛烦烧热焕爱爷牵犹狭独狮狱猎猪献环现\
    玛琼画畅疗疯皱盏盐监盖盘矿码砖础确碍礼祷祸离秃积称稳穷窃窝竞笔筑签简类粮紧纠红纤约级纪纯纲纳纵纷纸线\
    练组细终绍绎经绑结绕绘络绝统继绩续绳维绵综绿缅缓编缘缠缩网罗罚罢职联聪肃肠肤肾肿胀胁胆胜脉脏脑脚脱脸\
    腊腾舰舱艰艺节芦苏苹范茎荐荡荣药莱莲获蓝蔑虏虑虽虾蚀蚁蛮补衬袭装观规视览觉触誉计订讨训议讯记讲许论设\
    访证评诉诊词译试诗诚话诞询该详语误说请诸读课调谈谊谋谎谓谢谣谨谱贝贞负贡财责贤败货质贩贪贫购贯贱贴贵贷\
    贸费贺贼资赋赌赏赐赔赖赛赞赢赵赶趋跃踪车轨转轮软轰轻载较辅辆辈辉输辞边辽达迁过迈迟迹适逊递逻遗邓邮邻郑\
    酝酱释针钉钟钢钱铁铃铅银铺链销锁锋错键镇镜长门闪闭问闯闲间闷闸闹闻阀阁阅队阳阴阵阶际陆陈险随隐难雏雾静\
    须顶项顺须顾顿颁预领频题颜额风飞饥饭饮饰饱饼馆马驱驳驶驻驾验骂骄骑骗鱼鲁鲜鸡鸣鸭鸿鹰麦黄齐齿龄龙龟";

/// The traditional forms that simplified text does not write.
const TRADITIONAL: &str = "們這來時為說國學會對過還發經個沒動從問頭間實現見話關開長門車東風馬鳥魚龍書買賣\
    電員業產樣種應該給讓認識誰邊遠進運連達選適歷壓廳嚴喪樂習鄉亞親億僅倉儀眾優偉傳傷倫偽體俠侶偵側僑儉\
    債傾償儲兒蘭興養獸內冊軍農馮衝決況凍淨涼減鳳憑凱擊劉則剛創刪別劊劑劍劇勸辦務勞勢區醫華協單佔盧衛卻廠\
    厲參雙變敘葉號嘆嚇嗎啟吳吶嘔響啞喚嘯噴團園圍圖圓聖場壞塊堅壇壩墳壟壘墾墊牆壯聲殼處備複夠誇夾奪\
    奮獎妝婦媽婁娛嬰寧寶審憲宮寬賓寢尋導壽將爾塵嘗盡層屆屬歲豈崗島嶺鞏幣帥師帳幟帶幫廣莊慶庫廟廢\
    異棄張彌彎歸錄徹徑憶憂懷態憐總戀懇惡懸驚懼懲慣憤願戲戰戶執擴掃揚擾撫拋搶護報擔擬擁擇掛擋擠揮損換據\
    攝擺搖敵斂數斷無舊曠顯曉曬暫術機殺雜權條楊極構槍楓櫃標欄樹橋檔夢檢樓歡歐殲殘毀畢氣匯漢湯溝淚澤潔\
    灑澆測濟瀏渾濃塗濤澇渦潤漲淵漸漁灣濕潰滾滿濾濫濱滅燈靈災爐點煉爛燭煩燒熱煥愛爺牽猶狹獨獅獄獵豬獻環\
    瑪瓊畫暢療瘋皺盞鹽監蓋盤礦碼磚礎確礙禮禱禍離禿積稱穩窮竊窩競筆築簽簡類糧緊糾紅纖約級紀純綱納縱紛紙線\
    練組細終紹繹綁結繞繪絡絕統繼績續繩維綿綜綠緬緩編緣纏縮網羅罰罷職聯聰肅腸膚腎腫脹脅膽勝脈臟腦腳脫臉\
    臘騰艦艙艱藝節蘆蘇蘋範莖薦蕩榮藥萊蓮獲藍虜慮雖蝦蝕蟻蠻補襯襲裝觀規視覽覺觸譽計訂討訓議訊記講許論設\
    訪證評訴診詞譯試詩誠誕詢詳語誤請諸讀課調談誼謀謊謂謝謠謹譜貝貞負貢財責賢敗貨質販貪貧購貫賤貼貴貸\
    貿費賀賊資賦賭賞賜賠賴賽贊贏趙趕趨躍蹤軌轉輪軟轟輕載較輔輛輩輝輸辭遼遷邁遲跡遜遞邏遺鄧郵鄰鄭\
    醞醬釋針釘鐘鋼錢鐵鈴鉛銀鋪鏈銷鎖鋒錯鍵鎮鏡閃閉闖閒悶閘鬧聞閥閣閱隊陽陰陣階際陸陳險隨隱難雛霧靜\
    須頂項順顧頓頒預領頻題顏額飛飢飯飲飾飽餅館驅駁駛駐駕驗罵驕騎騙魯鮮雞鳴鴨鴻鷹麥黃齊齒齡龜採樣廳縣鄉鎮";

/// Characters of Cantonese that Mandarin does not write.
const CANTONESE: &str = "嘅咗唔佢哋喺嚟冇啲嗰嘢咁乜嗌攞畀睇諗㗎喎啫咩";

/// What a character says, as bits.
const SIMPLE: u8 = 1;
const FULL: u8 = 2;
const SPOKEN: u8 = 4;

/// What the characters from [`FIRST`] on say.
static TABLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut table = vec![0_u8; LAST - FIRST + 1];
    for (characters, bit) in [(SIMPLIFIED, SIMPLE), (TRADITIONAL, FULL), (CANTONESE, SPOKEN)] {
        for c in characters.chars() {
            if let Some(bits) = (c as usize).checked_sub(FIRST).and_then(|at| table.get_mut(at)) {
                *bits |= bit;
            }
        }
    }
    table
});

const FIRST: usize = 0x3400;
const LAST: usize = 0x9FFF;

/// What the characters of a text say of its variety of Chinese.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs {
    /// Characters that only simplified text writes.
    pub(super) simple: u32,
    /// Characters that only traditional text writes.
    pub(super) full: u32,
    /// Characters of Cantonese.
    pub(super) spoken: u32,
    /// Han characters in all.
    pub(super) all: u32,
}

impl Signs {
    /// Counts the characters of a text.
    pub(super) fn of(text: &str) -> Signs {
        let table = &*TABLE;
        let mut signs = Signs::default();
        for c in text.chars() {
            let Some(bits) = (c as usize).checked_sub(FIRST).and_then(|at| table.get(at)) else {
                continue;
            };
            signs.all += 1;
            // Characters that both lists hold are written by both scripts and say nothing.
            match bits & (SIMPLE | FULL) {
                SIMPLE => signs.simple += 1,
                FULL => signs.full += 1,
                _ => {}
            }
            signs.spoken += u32::from(bits & SPOKEN != 0);
        }
        signs
    }

    /// The tag and script code of a text in Han characters.
    pub(super) fn variety(self) -> (&'static str, &'static str) {
        let (language, script) = if self.full > self.simple {
            ("zh-Hant", "Hant")
        } else if self.simple > 0 {
            ("zh-Hans", "Hans")
        } else {
            // Nothing in the text tells the two apart.
            ("zh", "Hani")
        };
        if self.spoken >= 2 && self.spoken * 40 > self.all {
            return ("yue", if script == "Hani" { "Hant" } else { script });
        }
        (language, script)
    }
}
