// Runs in the page's own world, before its scripts. After LIMIT dialogs a document shows no more: Chromium lets nothing
// else run while one is open, and a page can open them for ever.
for (const name of ['alert', 'confirm', 'prompt']) {
  const show = window[name];
  let shown = 0;
  window[name] = function (...words) {
    shown += 1;
    if (shown <= LIMIT) return show.apply(this, words);
  };
}
