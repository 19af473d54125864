/** A mail that the stack's mail server took; also the shape of `/mails.json`, newest first. */
export interface CaughtMail {
  id: string;
  at: string;
  from: string;
  to: string[];
  subject: string;
  messageId: string;
  text: string;
  html: string;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const safe = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const style = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4em .8em .4em 0;border-bottom:1px solid #8884}
pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:1em;border:1px solid #8884;border-radius:8px}
iframe{width:100%;height:32em;border:1px solid #8884;border-radius:8px;background:Canvas}`;

const frame = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${safe(title)}</title><style>${style}</style></head><body>${body}</body></html>`;

/** All mails, newest first. */
export function listPage(mails: readonly CaughtMail[]): string {
  const rows = mails.map(
    ({ id, at, to, subject }) =>
      `<tr><td><time>${safe(at)}</time></td><td>${safe(to.join(', '))}</td><td><a href="/mail/${safe(id)}">${safe(subject)}</a></td></tr>`,
  );
  const table = `<table><thead><tr><th>When</th><th>To</th><th>Subject</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  const body = rows.length > 0 ? table : '<p>No mail yet. Reload to look again.</p>';
  return frame('Mails of the local stack', `<h1>Mails of the local stack</h1>${body}`);
}

const links = /https?:\/\/[^\s<>"]+/g;

/** One mail: its text, with links that work, and its HTML in a frame that may run nothing and go nowhere. */
export function mailPage({ at, from, to, subject, text, html }: CaughtMail): string {
  const linked = safe(text).replace(links, (url) => `<a href="${url}" rel="noreferrer">${url}</a>`);
  return frame(
    subject,
    `<p><a href="/">All mails</a></p><h1>${safe(subject)}</h1><p>From ${safe(from)} to ${safe(to.join(', '))}, ${safe(at)}</p>
<h2>Text</h2><pre>${linked}</pre><h2>HTML</h2><iframe sandbox title="The mail as HTML" srcdoc="${safe(html)}"></iframe>`,
  );
}
