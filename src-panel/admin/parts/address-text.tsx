/** Text with e-mail addresses in it, which break before their @ where they must break at all. */
export function AddressText({ text }: { text: string }) {
  const [first = '', ...rest] = text.split('@');
  return (
    <>
      {first}
      {rest.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one fixed text have no other identity
        <span key={index}>
          <wbr />@{part}
        </span>
      ))}
    </>
  );
}
