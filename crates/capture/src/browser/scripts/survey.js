// What there is to do on a page.
let frames = 0;
let lazy = 0;
let open = 0;
let active = document.scripts.length;
for (const element of everything()) {
  if (element.matches('iframe, frame, object, embed, portal, fencedframe, video, audio')) frames += 1;
  if (element.getAttribute('loading') === 'lazy') lazy += 1;
  if (element.matches('details:not([open])')) open += 1;
  if (element.shadowRoot || element.localName.includes('-')) active += 1;
}
return { active, frames, lazy, details: open, nodes: document.getElementsByTagName('*').length };
