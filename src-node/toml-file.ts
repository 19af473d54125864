import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { fileTrouble } from './file-owner.ts';

export type TomlFile = { ok: true; value: Record<string, unknown> } | { ok: false; mistake: string };

/** A TOML file in UTF-8, with or without a byte order mark; else one line that names the file and what to do about it. */
export function readTomlFile(file: string): TomlFile {
  const mistake = (what: string): TomlFile => ({ ok: false, mistake: `${file}: ${what}` });
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const trouble = fileTrouble(file);
    if (trouble?.kind === 'missing') return mistake('there is no such file');
    if (trouble) return { ok: false, mistake: trouble.text };
    return mistake(error instanceof Error ? error.message : String(error));
  }
  const encoding = wrongEncoding(bytes);
  if (encoding !== null) return mistake(`is written in ${encoding}; save it as UTF-8`);
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  try {
    return { ok: true, value: { ...parse(text) } };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Not the library's whole message: it shows the line, and a secret may be in it.
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    const line = text.split(/\r\n|\n/)[error.line - 1] ?? '';
    return mistake(`line ${error.line}, column ${error.column}: ${what}${remedy(line)}`);
  }
}

function wrongEncoding(bytes: Buffer): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'UTF-16';
  // Without its mark: every other byte of ASCII is zero.
  if (bytes.subarray(0, 64).includes(0)) return 'UTF-16, or is no text';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return 'another encoding than UTF-8';
  }
}

/** For what is seldom seen by the person who wrote it. */
function remedy(line: string): string {
  if (/[\u2018-\u201F\u00AB\u00BB]/.test(line)) return '; write straight quotes: "…"';
  if (/[\u00A0\u200B\u202F\u3000\uFEFF]/.test(line))
    return '; there is a blank in this line that is none, type it anew';
  if (/"[^"]*\\[^"]*"/.test(line)) return "; write a backslash twice, or the text in '…'";
  if (/^\s*[\w.]+\s*:/.test(line)) return '; write "name = value"';
  if (/=\s*[^\s"'[{\d+-]/.test(line) && !/=\s*(true|false|inf|nan)\b/.test(line))
    return '; write text in quotes: "…"';
  return '';
}
