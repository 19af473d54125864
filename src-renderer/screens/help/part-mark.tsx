import type { Level } from './part-state.ts';

/** Four shapes, so that the level can be told without colour. */
export function PartMark({ level }: { level: Level }) {
  return (
    <svg className="part-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {level === 'good' && (
        <>
          <circle className="mark-fill" cx="12" cy="12" r="9" />
          <path className="mark-line" d="m8 12.3 2.8 2.8L16 9.6" />
        </>
      )}
      {level === 'busy' && <circle className="mark-ring mark-dashed" cx="12" cy="12" r="8" />}
      {level === 'idle' && <circle className="mark-ring" cx="12" cy="12" r="8" />}
      {level === 'attention' && (
        <>
          <path className="mark-fill" d="M12 3 22 20.5H2Z" />
          <path className="mark-line" d="M12 10v4.5m0 2.6v.1" />
        </>
      )}
    </svg>
  );
}
