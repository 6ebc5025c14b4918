//! The key of a case: locked, unlocked in each way, locked again; and the shares of its recovery.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use witnessmark_model::Entropy;
use witnessmark_model::leaf::Seed;
use witnessmark_seal::shares::{self, Share, ShareError};
use witnessmark_seal::stream::{identity_text, recipient_text};
use witnessmark_seal::wraps::{Identities, NoCallbacks, Wraps};
use witnessmark_seal::{CaseKey, Cost, Passphrase, SealError};

/// Bytes that repeat from run to run.
struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 33) as u8;
        }
    }
}

/// Cheap, so that tests are quick.
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 2 };

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

fn case() -> witnessmark_model::id::CaseId {
    "case-aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap()
}

fn locked() -> Wraps {
    let key = CaseKey::new([7; 32]);
    Wraps::make(case(), 1, &key, &passphrase("correct horse"), CHEAP, &mut Counter(1)).unwrap()
}

fn identities(seed: &Seed) -> Identities {
    Identities::parse(identity_text(seed).as_bytes(), NoCallbacks).unwrap()
}

#[test]
fn a_passphrase_unlocks_and_a_wrong_one_says_only_that() {
    let wraps = Wraps::parse(&locked().to_bytes()).unwrap();
    let unlocked = wraps.unlock(&passphrase("correct horse")).unwrap();
    assert_eq!(unlocked.key().expose(), &[7; 32]);
    assert_eq!((unlocked.case(), unlocked.epoch()), (case(), 1));
    for wrong in ["correct horse ", "Correct horse", "x"] {
        let error = wraps.unlock(&passphrase(wrong)).unwrap_err();
        assert_eq!(error.to_string(), "the passphrase is not right");
    }
    assert!(matches!(Passphrase::new(""), Err(SealError::EmptyPassphrase)));
    assert!(matches!(
        wraps.unlock_with(&identities(&Seed::new([1; 32]))),
        Err(SealError::NoIdentityFits)
    ));
    assert!(matches!(wraps.unlock_with_shares(&[]), Err(SealError::Shares(ShareError::None))));
    assert!(wraps.unlock_with_key(CaseKey::new([7; 32])).is_ok());
    assert!(matches!(wraps.unlock_with_key(CaseKey::new([8; 32])), Err(SealError::OtherKey)));
}

/// One keyboard sends é as one code point, another as e and an accent.
#[test]
fn a_passphrase_typed_on_another_system_is_the_same() {
    let key = CaseKey::new([7; 32]);
    let wraps =
        Wraps::make(case(), 1, &key, &passphrase("caf\u{e9}"), CHEAP, &mut Counter(1)).unwrap();
    assert!(wraps.unlock(&passphrase("cafe\u{301}")).is_ok());
    assert_eq!(passphrase("cafe\u{301}").characters(), 4);
    assert_eq!(format!("{:?}", passphrase("cafe")), "Passphrase(…)");
}

#[test]
fn each_way_unlocks_and_a_new_epoch_is_locked_the_same_way() {
    let (alice, bob) = (Seed::new([1; 32]), Seed::new([2; 32]));
    let wraps = locked();
    let unlocked = wraps.unlock(&passphrase("correct horse")).unwrap();
    let recipients = [recipient_text(&alice), recipient_text(&bob)];
    let wraps = wraps.with_recipients(&unlocked, &recipients).unwrap();
    let (wraps, shares) = wraps.with_shares(&unlocked, 2, 3, &mut Counter(5)).unwrap();
    assert_eq!(wraps.recipients(), recipients);
    let recovery = wraps.recovery().unwrap();
    assert_eq!((recovery.epoch, recovery.needed, recovery.of), (1, 2, 3));
    assert_eq!(recovery.set, shares[0].id.set);

    let key = CaseKey::new([9; 32]);
    let next = wraps.rewrap(&unlocked, 2, &key).unwrap();
    let next = Wraps::parse(&next.to_bytes()).unwrap();
    assert_eq!(
        (next.epoch(), next.recovery(), next.recipients()),
        (2, wraps.recovery(), wraps.recipients())
    );
    for (wraps, key) in [(&wraps, &[7; 32]), (&next, &[9; 32])] {
        let ways = [
            wraps.unlock(&passphrase("correct horse")),
            wraps.unlock_with(&identities(&alice)),
            wraps.unlock_with(&identities(&bob)),
            wraps.unlock_with_shares(&shares[1..]),
            wraps.unlock_with_shares(&shares),
            wraps.unlock_with_key(CaseKey::new(*key)),
        ];
        for way in ways {
            assert_eq!(way.unwrap().key().expose(), key);
        }
        assert!(matches!(
            wraps.unlock_with_shares(&shares[..1]),
            Err(SealError::Shares(ShareError::TooFew { given: 1, needed: 2 }))
        ));
    }
    // The key of an older epoch locks nothing for the new one.
    assert!(next.rewrap(&unlocked, 3, &key).is_err());

    let changed = next
        .with_passphrase(
            &next.unlock_with_key(key).unwrap(),
            &passphrase("new"),
            CHEAP,
            &mut Counter(8),
        )
        .unwrap();
    assert!(changed.unlock(&passphrase("new")).is_ok());
    assert!(matches!(
        changed.unlock(&passphrase("correct horse")),
        Err(SealError::WrongPassphrase)
    ));
    let unlocked = changed.unlock(&passphrase("new")).unwrap();
    let (_, others) = changed.with_shares(&unlocked, 2, 3, &mut Counter(77)).unwrap();
    assert!(matches!(
        changed.unlock_with_shares(&others),
        Err(SealError::Shares(ShareError::OtherSet(_)))
    ));
    assert!(matches!(
        shares::join(&[shares[0].clone(), others[1].clone()]),
        Err(ShareError::Mixed(_, _))
    ));
    assert!(changed.with_recipients(&unlocked, &[]).unwrap().recipients().is_empty());
}

/// While its owner travels, the passphrase must not open what stayed behind: it can be had by force.
#[test]
fn a_keystore_that_stays_behind_opens_with_the_shares_alone() {
    let wraps = locked();
    let unlocked = wraps.unlock(&passphrase("correct horse")).unwrap();
    assert!(matches!(wraps.with_shares_alone(&unlocked), Err(SealError::Shares(ShareError::None))));
    let alice = Seed::new([1; 32]);
    let wraps = wraps.with_recipients(&unlocked, &[recipient_text(&alice)]).unwrap();
    let (wraps, shares) = wraps.with_shares(&unlocked, 2, 3, &mut Counter(5)).unwrap();
    let left = Wraps::parse(&wraps.with_shares_alone(&unlocked).unwrap().to_bytes()).unwrap();
    assert!(matches!(left.unlock(&passphrase("correct horse")), Err(SealError::NoPassphrase)));
    assert!(matches!(left.unlock_with(&identities(&alice)), Err(SealError::NoIdentityFits)));
    assert_eq!(left.cost(), None);
    let unlocked = left.unlock_with_shares(&shares[1..]).unwrap();
    let back =
        left.with_passphrase(&unlocked, &passphrase("home"), CHEAP, &mut Counter(6)).unwrap();
    assert!(back.unlock(&passphrase("home")).is_ok());
    assert!(back.unlock_with_shares(&shares[..2]).is_ok());
}

#[test]
fn a_recipient_that_cannot_be_used_is_named() {
    let wraps = locked();
    let unlocked = wraps.unlock(&passphrase("correct horse")).unwrap();
    for bad in ["", "age1", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA", "age1nosuchplugin1qqqqq"] {
        let error = wraps.with_recipients(&unlocked, &[bad.to_owned()]).unwrap_err();
        assert!(
            matches!(&error, SealError::Recipient { recipient, .. } if recipient == bad),
            "{error}"
        );
    }
    assert!(Identities::parse(b"# nothing\n", NoCallbacks).is_err());
    assert!(Identities::parse(b"hello\n", NoCallbacks).is_err());
}

/// An adversary with the disk adds a recipient, and waits for the next epoch to be locked to it.
#[test]
fn a_recipient_added_without_the_key_is_noticed() {
    let wraps = locked();
    let unlocked = wraps.unlock(&passphrase("correct horse")).unwrap();
    let wraps = wraps.with_recipients(&unlocked, &[recipient_text(&Seed::new([1; 32]))]).unwrap();
    let text = String::from_utf8(wraps.to_bytes()).unwrap();
    let json = text.lines().next().unwrap();
    let forged =
        json.replace(&recipient_text(&Seed::new([1; 32])), &recipient_text(&Seed::new([2; 32])));
    let forged = format!("{forged}\n{}\n", witnessmark_model::Digest::of(forged.as_bytes()));
    let forged = Wraps::parse(forged.as_bytes()).unwrap();
    let error = forged.unlock(&passphrase("correct horse")).unwrap_err();
    assert!(error.to_string().contains("somebody changed it"), "{error}");
    assert!(forged.unlock_with_key(CaseKey::new([7; 32])).is_err());
    assert!(forged.rewrap(&unlocked, 2, &CaseKey::new([8; 32])).is_err());
}

#[test]
fn any_changed_bit_is_damage_and_not_a_wrong_passphrase() {
    let bytes = locked().to_bytes();
    for byte in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[byte] ^= 1 << bit;
            assert!(
                matches!(Wraps::parse(&changed), Err(SealError::Damaged { .. })),
                "{byte}/{bit}"
            );
        }
    }
}

/// A file from outside must not be able to take all the memory there is, or a year.
#[test]
fn a_cost_out_of_bounds_is_refused_before_it_is_paid() {
    let text = String::from_utf8(locked().to_bytes()).unwrap();
    let json = text.lines().next().unwrap();
    let ask = |memory: u64, passes: u64, lanes: u64| {
        let cost = format!("\"lanes\":{lanes},\"memory_kib\":{memory},\"passes\":{passes}");
        let json = json.replace("\"lanes\":2,\"memory_kib\":64,\"passes\":1", &cost);
        Wraps::parse(
            format!("{json}\n{}\n", witnessmark_model::Digest::of(json.as_bytes())).as_bytes(),
        )
    };
    assert!(ask(64, 1, 2).is_ok());
    for (memory, passes, lanes) in [
        (2_097_153, 1, 1),
        (4_294_967_295, 1, 1),
        (1 << 40, 1, 1),
        (64, 33, 1),
        (64, 0, 1),
        (64, 1, 17),
        (8, 1, 2),
        (64, 1, 0),
    ] {
        assert!(ask(memory, passes, lanes).is_err(), "{memory} {passes} {lanes}");
    }
}

#[test]
fn a_later_version_of_the_file_is_told_from_damage() {
    let json = r#"{"schema":"witnessmark/wraps/2"}"#;
    let file = format!("{json}\n{}\n", witnessmark_model::Digest::of(json.as_bytes()));
    assert!(matches!(Wraps::parse(file.as_bytes()), Err(SealError::OtherFormat { .. })));
}

fn made_shares() -> Vec<Share> {
    shares::split(&Seed::new([42; 32]), 3, 5, 1, &mut Counter(3)).unwrap()
}

/// Fixed for good: people hold such lines on paper.
#[test]
fn the_form_of_a_share_stays_as_it_is() {
    let lines: String = made_shares().iter().map(|share| format!("{}\n", *share.line())).collect();
    assert_eq!(lines, include_str!("golden/shares.txt"));
    let shares: Vec<Share> = lines.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(shares::join(&shares[2..]).unwrap(), Seed::new([42; 32]));
    assert_eq!(format!("{:?}", shares[1]), format!("Share({}/2 of 5, 3 needed)", shares[1].id.set));
    assert_eq!(shares[0].id.set.to_string().parse(), Ok(shares[0].id.set));
}

#[test]
fn a_mistyped_share_is_told_from_a_wrong_line() {
    let line = made_shares()[0].line().to_string();
    assert!(line.replace(' ', "").to_uppercase().parse::<Share>().is_ok());
    assert!(line.replace(' ', "-").parse::<Share>().is_ok());
    for (at, letter) in line.char_indices().skip(7).filter(|(_, letter)| *letter != ' ') {
        let other = if letter == 'q' { "p" } else { "q" };
        let mut typed = line.clone();
        typed.replace_range(at..=at, other);
        assert!(matches!(typed.parse::<Share>(), Err(ShareError::Mistyped)), "{typed}");
    }
    for wrong in ["", "hello", "share", "age1qqqq", "share2qq"] {
        assert!(matches!(wrong.parse::<Share>(), Err(ShareError::NotAShare)), "{wrong}");
    }
    assert!(matches!("share1".parse::<Share>(), Err(ShareError::Mistyped)));
}

#[test]
fn numbers_of_shares_have_bounds() {
    let secret = Seed::new([1; 32]);
    for (needed, of) in [(0, 3), (1, 3), (4, 3), (2, 17), (2, 1), (255, 255)] {
        let split = shares::split(&secret, needed, of, 1, &mut Counter(1));
        assert_eq!(split.err(), Some(ShareError::Numbers { needed, of }));
    }
}

#[test]
fn shares_that_do_not_agree_open_nothing() {
    let mut all = made_shares();
    let other = shares::split(&Seed::new([43; 32]), 3, 5, 1, &mut Counter(3)).unwrap();
    // The same set id by the same randomness: only the secret differs.
    assert_eq!(all[0].id.set, other[0].id.set);
    all[4] = other[4].clone();
    assert_eq!(shares::join(&all).err(), Some(ShareError::DoNotOpen));
    let twice = [all[0].clone(), all[0].clone(), all[1].clone()];
    assert_eq!(shares::join(&twice).err(), Some(ShareError::TooFew { given: 2, needed: 3 }));
}

#[test]
fn the_bytes_of_a_locked_key_stay_readable() {
    let file = include_bytes!("golden/wraps-1.txt");
    let wraps = Wraps::parse(file).unwrap();
    assert_eq!(wraps.to_bytes(), file);
    let unlocked = wraps.unlock(&passphrase("correct horse")).unwrap();
    assert_eq!(unlocked.key().expose(), &[7; 32]);
    let alice = identities(&Seed::new([1; 32]));
    assert_eq!(wraps.unlock_with(&alice).unwrap(), unlocked);
    let (_, shares) = locked()
        .with_shares(
            &locked().unlock_with_key(CaseKey::new([7; 32])).unwrap(),
            2,
            3,
            &mut Counter(5),
        )
        .unwrap();
    assert_eq!(wraps.unlock_with_shares(&shares[..2]).unwrap(), unlocked);
}

proptest! {
    #[test]
    fn any_k_shares_bring_the_secret_back_and_fewer_do_not(
        secret in any::<[u8; 32]>(),
        of in 2_u8..=16,
        needed in 2_u8..=16,
        order in any::<u64>(),
    ) {
        prop_assume!(needed <= of);
        let secret = Seed::new(secret);
        let mut shares = shares::split(&secret, needed, of, 4, &mut Counter(order)).unwrap();
        shares.sort_by_key(|share| (u64::from(share.id.number) * 2_654_435_761).wrapping_mul(order | 1));
        let enough = &shares[..usize::from(needed)];
        prop_assert!(shares::join(enough).unwrap() == secret);
        let too_few = matches!(shares::join(&enough[1..]), Err(ShareError::TooFew { .. }));
        prop_assert!(too_few);
        for share in &shares {
            let read: Share = share.line().parse().unwrap();
            prop_assert_eq!(read.line(), share.line());
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in ".{0,120}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = text.parse::<Share>();
        let _ = format!("share1{text}").parse::<Share>();
        let _ = text.parse::<shares::SetId>();
        prop_assert!(Wraps::parse(&bytes).is_err());
    }
}
