export type ArchShape = 'closed' | 'keyhole' | 'opening' | 'open' | 'barred';

const frame = 'M6.5 20v-9a5.5 5.5 0 0 1 11 0v9';

/**
 * The small door in the wall that gives Postern its name, on a 24 unit grid. Each state has a shape of its own, the
 * same as in the tray, so that colour never carries the meaning alone.
 */
export function Arch({ shape }: { shape: ArchShape }) {
  return (
    <g className="arch" data-shape={shape}>
      {shape === 'open' && <path className="arch-fill" d="M17.5 8.6 12.4 11v11.2l5.1-2.2Z" />}
      {shape === 'opening' && <path className="arch-fill" d="M6.5 20v-6h11v6Z" />}
      <path className="arch-line" d={frame} />
      <path className="arch-line" d="M3.5 20h3m11 0h3" />
      {shape !== 'open' && <path className="arch-line" d="M6.5 20h11" />}
      {shape === 'closed' && <path className="arch-line" d="M14.2 13.4v1.4" />}
      {shape === 'keyhole' && (
        <path className="arch-fill" d="M12 9.6a1.9 1.9 0 0 1 1 3.5l.5 3.4h-3l.5-3.4a1.9 1.9 0 0 1 1-3.5Z" />
      )}
      {shape === 'barred' && <path className="arch-line" d="m9.4 11.6 5.2 5.2m0-5.2-5.2 5.2" />}
    </g>
  );
}

/** The sign of the app: a lit door with a keyhole, in a dark wall. `assets/icons/app.svg` is the same drawing. */
export function BrandMark() {
  return (
    <svg className="brand-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <rect className="brand-wall" x="1" y="1" width="22" height="22" rx="5.5" />
      <path className="brand-light" d="M7 19.5V11a5 5 0 0 1 10 0v8.5Z" />
      <path
        className="brand-wall"
        d="M12 10.2a1.75 1.75 0 0 1 .95 3.2l.45 3h-2.8l.45-3a1.75 1.75 0 0 1 .95-3.2Z"
      />
    </svg>
  );
}
