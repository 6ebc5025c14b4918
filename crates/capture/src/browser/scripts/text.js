// What a reader sees, and the page's title.
const text = (document.body || document.documentElement || {}).innerText || '';
return { text: text.slice(0, LIMIT), cut: text.length > LIMIT, title: document.title, url: document.URL };
