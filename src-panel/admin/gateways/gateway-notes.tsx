import { agentGaps } from '../../../src-shared/agent-gaps.ts';
import { degradedBy } from '../../../src-shared/gateway-channel.ts';
import type { PanelGateway } from '../../../src-shared/panel/gateways.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { CopyField } from '../../parts/copy-field.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** What its members miss now, in the words of its host, and what its agent is too old for. */
export function GatewayNotes({ gateway }: { gateway: PanelGateway }) {
  const { a } = useAdminWords();
  const words = a.gateways;
  const gaps = gateway.lastSeenAt === null ? [] : agentGaps(gateway);
  return (
    <>
      {gaps.map((feature) => (
        <Bar key={feature} look="info">
          {words.tooOld[feature]}
        </Bar>
      ))}
      {gateway.hostTroubles.length > 0 && (
        <section className="panel stack" aria-labelledby="host-troubles">
          <div>
            <h2 id="host-troubles">
              {degradedBy(gateway.hostTroubles) ? words.degradedTitle : words.troubleTitle}
            </h2>
            <p className="hint">{words.degradedText}</p>
          </div>
          {gateway.hostTroubles.map(({ id, detail, remedy }) => (
            <div key={`${id} ${detail}`} className="stack">
              <Bar look="warning">{detail}</Bar>
              {remedy !== null && <CopyField label={words.remedy} text={remedy} />}
            </div>
          ))}
        </section>
      )}
    </>
  );
}
