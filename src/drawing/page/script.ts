/** The script of the page: a box that is chosen, by a click or by the address, shows its details. */
export const script = `
'use strict';
function follow() {
  const found = /^#box-(\\d+)$/.exec(location.hash);
  for (const element of document.querySelectorAll('.chosen')) element.classList.remove('chosen');
  document.getElementById('hint').hidden = found !== null;
  if (!found) return;
  const box = document.getElementById('box-' + found[1]);
  if (!box) return;
  box.classList.add('chosen');
  box.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  document.getElementById('details-' + found[1]).classList.add('chosen');
  document.getElementById('chosen').scrollTop = 0;
}
addEventListener('hashchange', follow);
follow();
`;
