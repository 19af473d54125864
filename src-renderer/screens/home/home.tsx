import { timeText } from '../../../src-ui/format/date-time.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { useServerClock } from '../../../src-ui/time/use-now.ts';
import { GuardNote } from '../../parts/guard/guard-note.tsx';
import { OverlapNote } from '../../parts/overlap/overlap-note.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';
import { networkTroubles } from '../help/network-troubles.ts';
import { Explanation } from './explanation.tsx';
import { Facts } from './facts.tsx';
import { GatewayPicker } from './gateway-picker.tsx';
import { MainButton } from './main-button.tsx';
import { StateRing } from './state-ring.tsx';
import { stateView } from './state-view.ts';
import { TrafficGraph } from './traffic-graph.tsx';
import { useGatewayChoice } from './use-gateway-choice.ts';
import { useNearness } from './use-nearness.ts';

/** One large state and one large button; beside them what there is to know about the connection. */
export function Home() {
  const { w, locale } = useWords();
  const clock = useServerClock();
  const connection = useSnapshot((s) => s.connection);
  const tunnel = useSnapshot((s) => s.tunnel);
  const gateway = useGatewayChoice();
  useNearness();
  const view = stateView(connection, w);
  const connected = connection.phase === 'connected' ? connection : null;
  const warning = 'warning' in connection ? connection.warning : null;
  return (
    <div className="home">
      <section className="hero" aria-labelledby="state-word">
        <StateRing {...view} />
        <div role="status" className="hero-words">
          <h1 id="state-word" className="state-word" data-tone={view.tone}>
            {view.word}
          </h1>
          <Explanation gatewayName={gateway.name} />
        </div>
        <MainButton hasGateway={gateway.gatewayId !== null} wishedId={gateway.wishedId} />
      </section>
      <section className="panel home-panel" aria-label={w.home.details}>
        <GuardNote isAnnounced />
        {connected?.expiring && (
          <Bar look="info">{w.home.expiring(timeText(connected.expiring, clock(), locale))}</Bar>
        )}
        {connected?.isOutdated && <Bar look="info">{w.home.outdated}</Bar>}
        <OverlapNote />
        {networkTroubles(tunnel, w).map((trouble) => (
          <Bar key={trouble} look="warning">
            {trouble}
          </Bar>
        ))}
        {warning && <Bar look="warning">{warning}</Bar>}
        <GatewayPicker choice={gateway} />
        <Facts connected={connected} />
        <TrafficGraph isConnected={connected !== null} />
      </section>
    </div>
  );
}
