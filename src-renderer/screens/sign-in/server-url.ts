/**
 * What a person typed as the address of a server → an https URL without path; null when it cannot be one. Only for
 * the eye of the form: main checks what it is sent.
 */
export function serverUrlOf(typed: string): string | null {
  const text = typed.trim();
  if (text === '') return null;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.parse(withScheme);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return null;
  return url.origin;
}
