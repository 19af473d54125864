/** What a gateway's host says, for people: no control or format characters, which terminals and readers obey. */
export function plainText(text: string): string {
  return text.replaceAll(/\p{C}+/gu, ' ').trim();
}
