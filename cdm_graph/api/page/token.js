/* The token of Keystone, where the daemon wants one.

It is a cookie of this session of the browser, so that it goes along with all
that the page asks for, streams too. The daemon lets no other site act with it. */

import { $ } from './dom.js';

const COOKIE = 'cdm_graph_token';

/* Ask for a token, unless that is being asked already; say why. */
export function wantToken(sentence) {
  const dialog = $('token');
  if (dialog.open) return;
  $('token-why').textContent = sentence;
  dialog.showModal();
}

$('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  const value = encodeURIComponent($('token-value').value.trim());
  document.cookie = `${COOKIE}=${value}; Path=/; SameSite=Strict${secure}`;
  location.reload();
});
