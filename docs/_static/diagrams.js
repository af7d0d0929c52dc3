// Draws each block of Mermaid, in the colours of the theme that the reader chose.
'use strict';

document.addEventListener('DOMContentLoaded', () => {
  const blocks = [...document.querySelectorAll('.highlight-mermaid')];
  if (blocks.length === 0) return;
  const dark =
    document.body.dataset.theme === 'dark' ||
    (document.body.dataset.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme: dark ? 'dark' : 'default' });
  const nodes = blocks.map((block) => {
    const node = document.createElement('pre');
    node.className = 'mermaid';
    node.textContent = block.textContent;
    block.replaceWith(node);
    return node;
  });
  mermaid.run({ nodes });
});
