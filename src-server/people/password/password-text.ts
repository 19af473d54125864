/**
 * The one form in which a password is hashed: NFKC, as NIST SP 800-63B-4 §3.1.1.2 has it and as the PIN is read. Not
 * RFC 8265's OpaqueString, which keeps full width apart from ASCII: the same keys on a Japanese keyboard would be
 * another password. Nothing is trimmed and no case is changed.
 */
export function preparedPassword(typed: string): string {
  return typed.normalize('NFKC');
}

/** What a stored hash may be of: the prepared form, and, from before there was one, what was typed. */
export function passwordForms(typed: string): string[] {
  const prepared = preparedPassword(typed);
  return prepared === typed ? [prepared] : [prepared, typed];
}
