import type { MailWords } from './mail-words.ts';

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** The mail as text and as HTML that loads nothing; what was given from outside stays text in both. */
export function renderMail(words: MailWords, teamName: string): RenderedMail {
  const { subject, paragraphs, facts, link } = words;
  const text = [
    ...paragraphs,
    facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    ...(link ? [`${link.label}:\n${link.url}`] : []),
    `-- \n${teamName}, by Postern`,
  ];
  const html = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<meta name="color-scheme" content="light dark"><title>${escapeHtml(subject)}</title></head>`,
    '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif"><div style="max-width:34em;margin:0 auto">',
    `<h1 style="font-size:20px;line-height:1.3;margin:0 0 16px">${escapeHtml(subject)}</h1>`,
    ...paragraphs.map((paragraph) => `<p style="margin:0 0 12px">${escapeHtml(paragraph)}</p>`),
    '<table role="presentation" style="border-collapse:collapse;margin:0 0 16px">',
    ...facts.map(
      ([label, value]) =>
        `<tr><td style="padding:2px 16px 2px 0;vertical-align:top;opacity:.75">${escapeHtml(label)}</td><td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
    ),
    '</table>',
    ...(link
      ? [
          `<p style="margin:0 0 16px"><a href="${escapeHtml(link.url)}" style="display:inline-block;padding:10px 16px;border-radius:8px;background:#1f5fbf;color:#fff;text-decoration:none">${escapeHtml(link.label)}</a></p>`,
        ]
      : []),
    `<p style="margin:24px 0 0;font-size:14px;opacity:.75">${escapeHtml(teamName)}, by Postern</p>`,
    '</div></body></html>',
  ];
  return { subject, text: `${text.filter((part) => part !== '').join('\n\n')}\n`, html: html.join('\n') };
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
