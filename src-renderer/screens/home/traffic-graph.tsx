import { bytesText, rateText } from '../../../src-ui/format/bytes.ts';
import { DownIcon, UpIcon } from '../../../src-ui/parts/icons.tsx';
import { useSnapshot } from '../../store/snapshot-store.ts';
import { useWords } from '../../strings/use-words.ts';
import { graphArea, graphCeiling, graphLine } from './graph-path.ts';

const box = { width: 300, height: 64, capacity: 60 };

/** Received and sent: totals of this tunnel, the present rate, and the last minute as two lines. */
export function TrafficGraph({ isConnected }: { isConnected: boolean }) {
  const { t, w, locale } = useWords();
  const traffic = useSnapshot((s) => s.traffic);
  const rxBytes = useSnapshot((s) => s.tunnel?.rxBytes ?? 0);
  const txBytes = useSnapshot((s) => s.tunnel?.txBytes ?? 0);
  const samples = isConnected ? traffic : [];
  const received = samples.map((sample) => sample.rxPerSecond);
  const sent = samples.map((sample) => sample.txPerSecond);
  const ceiling = graphCeiling([...received, ...sent]);
  const nowReceived = rateText(received.at(-1) ?? 0, locale);
  const nowSent = rateText(sent.at(-1) ?? 0, locale);
  return (
    <div className="traffic" data-idle={!isConnected || undefined}>
      <dl className="traffic-figures">
        <div className="traffic-figure traffic-received">
          <dt>
            <DownIcon /> {w.home.received}
          </dt>
          <dd>{isConnected ? bytesText(rxBytes, locale) : t.common.none}</dd>
          <dd className="hint">{isConnected ? nowReceived : ''}</dd>
        </div>
        <div className="traffic-figure traffic-sent">
          <dt>
            <UpIcon /> {w.home.sent}
          </dt>
          <dd>{isConnected ? bytesText(txBytes, locale) : t.common.none}</dd>
          <dd className="hint">{isConnected ? nowSent : ''}</dd>
        </div>
      </dl>
      <svg
        className="graph"
        role="img"
        aria-label={isConnected ? w.home.graph(nowReceived, nowSent) : w.home.noTraffic}
        viewBox={`0 -2 ${box.width} ${box.height + 4}`}
        preserveAspectRatio="none"
      >
        <path
          className="graph-grid"
          d={`M0 0H${box.width}M0 ${box.height / 2}H${box.width}M0 ${box.height}H${box.width}`}
        />
        <path className="graph-area" d={graphArea(received, ceiling, box)} />
        <path className="graph-received" d={graphLine(received, ceiling, box)} />
        <path className="graph-sent" d={graphLine(sent, ceiling, box)} />
      </svg>
      <p className="graph-foot hint" aria-hidden="true">
        <span>{w.home.lastMinute}</span>
        <span>{isConnected ? rateText(ceiling, locale) : ''}</span>
      </p>
    </div>
  );
}
