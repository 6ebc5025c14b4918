// Takes a cookie banner away: declines if it can, else closes, else accepts, since the banner hides the page.
const marked = (element) => {
  for (let at = element, depth = 0; at && depth < 8; at = at.parentElement || at.getRootNode().host, depth += 1) {
    if (at === document.body || at === document.documentElement) return false;
    const names = normal(`${at.id} ${at.getAttribute('class') || ''} ${at.getAttribute('aria-label') || ''}`);
    if (words.banner_marks.some((mark) => names.includes(mark))) return true;
    const position = getComputedStyle(at).position;
    if ((position === 'fixed' || position === 'sticky' || at.getAttribute('role') === 'dialog') &&
        words.banner_marks.some((mark) => normal(at.innerText).includes(mark))) return true;
  }
  return false;
};
const seen = [...everything()];
const press = async (element, how) => {
  const text = label(element).slice(0, 60);
  const stopped = await clickGuarded([element]);
  return { how, label: text, stopped };
};
for (const selector of words.decline_selectors) {
  const element = seen.find((one) => one.matches(selector) && visible(one));
  if (element) return press(element, 'declined');
}
const buttons = seen.filter((one) =>
  one.matches('button, a, [role="button"], input[type="button"], input[type="submit"], [onclick]') &&
  visible(one) && marked(one));
for (const [list, how] of [[words.decline, 'declined'], [words.close, 'closed'], [words.accept, 'accepted']]) {
  const element = buttons.find((one) => list.includes(label(one)) && harmless(one));
  if (element) return press(element, how);
}
return { how: buttons.length ? 'no button known' : 'no banner', label: '', stopped: 0 };
