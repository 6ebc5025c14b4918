// One screen further down. Two frames pass, so that what watches for being seen has seen it.
const root = document.scrollingElement || document.documentElement;
const before = window.scrollY;
window.scrollTo({ top: before + Math.max(200, Math.floor(window.innerHeight * 0.9)), behavior: 'instant' });
await Promise.race([
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  new Promise((done) => setTimeout(done, 100)),
]);
return { top: window.scrollY, moved: window.scrollY > before, height: root.scrollHeight, screen: window.innerHeight };
