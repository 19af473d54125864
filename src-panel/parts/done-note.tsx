/** What was just done, in the place where it was done. There from the start and empty, so that it is read when it fills. */
export function DoneNote({ text }: { text: string | null }) {
  return (
    <div className="done-note" role="status">
      {text && <p>{text}</p>}
    </div>
  );
}
