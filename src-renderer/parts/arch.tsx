export type ArchShape = 'closed' | 'keyhole' | 'opening' | 'open' | 'barred';

/**
 * The small door in the wall that gives Postern its name, on a 24 unit grid. Each state has a shape of its own, the
 * same as in the tray, so that colour never carries the meaning alone.
 */
export function Arch({ shape }: { shape: ArchShape }) {
  const frame = 'M6.5 20v-9a5.5 5.5 0 0 1 11 0v9';
  return (
    <g className="arch" data-shape={shape}>
      {shape === 'open' && <path className="arch-fill" d={`${frame}Z`} />}
      {shape === 'opening' && <path className="arch-fill" d="M6.5 20v-6h11v6Z" />}
      <path className="arch-line" d={frame} />
      <path className="arch-line" d="M3.5 20h17" />
      {shape === 'closed' && <path className="arch-line" d="M14.2 13.6v1.6" />}
      {shape === 'keyhole' && (
        <path className="arch-fill" d="M12 9.6a1.9 1.9 0 0 1 1 3.5l.5 3.4h-3l.5-3.4a1.9 1.9 0 0 1 1-3.5Z" />
      )}
      {shape === 'barred' && <path className="arch-line" d="m9.2 11.4 5.6 5.6m0-5.6L9.2 17" />}
    </g>
  );
}

export function BrandMark() {
  return (
    <svg className="brand-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <Arch shape="open" />
    </svg>
  );
}
