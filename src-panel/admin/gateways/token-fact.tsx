import type { PanelGateway } from '../../../src-shared/panel/gateways.ts';
import { Moment } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** With which token the agent comes, and until when a new one waits for it. */
export function TokenFact({ token: { madeAt, next } }: Pick<PanelGateway, 'token'>) {
  const { a } = useAdminWords();
  const words = a.gateways.token;
  if (next === null)
    return (
      <>
        {words.inUse} <Moment at={madeAt} />
      </>
    );
  return (
    <span className="two-lines">
      <span>
        {words.waiting} <Moment at={next.madeAt} />
      </span>
      <span className="hint">
        {words.oldEnds} <Moment at={next.oldEndsAt} />
      </span>
    </span>
  );
}
