// The document as it stands: document type, attributes of the root, and everything below it. Open shadow roots are
// written as <template shadowrootmode>, which is HTML's own way to say them.
const roots = [];
for (const element of everything()) if (element.shadowRoot) roots.push(element.shadowRoot);
const type = document.doctype ? new XMLSerializer().serializeToString(document.doctype) + '\n' : '';
const root = document.documentElement;
if (!root) return { dom: type, roots: 0, cut: false };
let html;
if (root instanceof HTMLElement && roots.length) {
  const shell = root.cloneNode(false).outerHTML;
  const end = shell.lastIndexOf('</');
  html = shell.slice(0, end) + root.getHTML({ shadowRoots: roots }) + shell.slice(end);
} else {
  html = root.outerHTML;
}
const whole = type + html;
return { dom: whole.slice(0, LIMIT), roots: roots.length, cut: whole.length > LIMIT };
