// Opens what is folded: <details>, and elements that say "read more" in one of the declared ways.
const found = [];
let details = 0;
for (const element of everything()) {
  if (element.matches('details:not([open])')) {
    element.open = true;
    details += 1;
  }
  if (element.childElementCount > 3 || (element.textContent || '').length > 60) continue;
  const text = label(element);
  if (!text || !words.expand.includes(text)) continue;
  if (!clickable(element) || !visible(element) || !harmless(element)) continue;
  if (found.some((other) => other.contains(element) || element.contains(other))) continue;
  if (element.getAttribute('aria-expanded') === 'true') continue;
  found.push(element);
}
const chosen = found.slice(0, LIMIT);
const labels = chosen.map(label);
const stopped = chosen.length ? await clickGuarded(chosen) : 0;
return { labels, details, stopped, left: found.length - chosen.length };
