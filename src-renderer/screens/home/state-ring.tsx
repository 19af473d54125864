import { Arch } from '../../../src-ui/parts/arch.tsx';
import type { StateView } from './state-view.ts';

/** The large ring with the door in it. Decoration: the word beside it says the same. */
export function StateRing({ tone, shape }: StateView) {
  return (
    <svg className="ring" data-tone={tone} viewBox="0 0 200 200" aria-hidden="true" focusable="false">
      <circle className="ring-halo" cx="100" cy="100" r="98" />
      <circle className="ring-track" cx="100" cy="100" r="86" />
      <circle className="ring-arc" cx="100" cy="100" r="86" pathLength="100" />
      <svg x="52" y="50" width="96" height="96" viewBox="0 0 24 24" aria-hidden="true">
        <Arch shape={shape} />
      </svg>
    </svg>
  );
}
