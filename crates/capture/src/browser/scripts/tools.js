// What the behaviours share. Runs in a world of its own: the page's scripts neither see nor change it.
const words = WORDS;

// All elements, those in open shadow roots among them.
function* everything(root = document) {
  for (const element of root.querySelectorAll('*')) {
    yield element;
    if (element.shadowRoot) yield* everything(element.shadowRoot);
  }
}

const normal = (text) =>
  (text || '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s\u00a0]+/gu, ' ')
    .replace(/^[\s\p{S}>»›…:.,!。，：！（(\[【-]+|[\s\p{S}>»›…:.,!。，：！）)\]】-]+$/gu, '')
    .trim();

const label = (element) =>
  normal(element.innerText || element.value || element.getAttribute('aria-label') || element.title);

const visible = (element) =>
  element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && element.getClientRects().length > 0;

// An element whose click neither leads elsewhere nor submits anything, as far as its markup tells.
function harmless(element) {
  const link = element.closest('a[href], area[href]');
  if (link) {
    const target = link.getAttribute('href').trim();
    if (!target.startsWith('#') && !/^javascript:/i.test(target) && target !== '') return false;
    if (link.hasAttribute('download')) return false;
  }
  const control = element.closest('button, input');
  if (control && control.form && ['submit', 'image', 'reset'].includes(control.type)) return false;
  return !element.closest('[disabled], [aria-disabled="true"], [contenteditable="true"], label, select');
}

const clickable = (element) =>
  element.matches('button, a, [role="button"], [role="link"], input[type="button"], [onclick]') ||
  getComputedStyle(element).cursor === 'pointer';

// Clicks, while no click may load another page or submit a form. Gives how often one tried.
async function clickGuarded(elements) {
  let stopped = 0;
  const stop = (event) => {
    if (event.type === 'navigate' && (event.hashChange || event.destination.sameDocument)) return;
    if (event.cancelable) {
      event.preventDefault();
      stopped += 1;
    }
  };
  window.addEventListener('submit', stop, true);
  if (window.navigation) navigation.addEventListener('navigate', stop);
  for (const element of elements) element.click();
  await new Promise((done) => setTimeout(done, 150));
  window.removeEventListener('submit', stop, true);
  if (window.navigation) navigation.removeEventListener('navigate', stop);
  return stopped;
}
