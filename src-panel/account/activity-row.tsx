import type { ActivityItem } from '../../src-shared/panel/account.ts';
import { isProblemCode, problem } from '../../src-shared/problem.ts';
import { Arch, type ArchShape } from '../../src-ui/parts/arch.tsx';
import { problemText } from '../../src-ui/strings/problem-text.ts';
import { useLanguage } from '../../src-ui/strings/use-strings.ts';
import type { Words } from '../strings/en.ts';
import { useWords } from '../strings/use-words.ts';

/** One row of the audit log that is about the member, in their words. */
export function ActivityRow({ item }: { item: ActivityItem }) {
  const { w, locale } = useWords();
  const { t } = useLanguage();
  const { tone, shape } = lookOf(item);
  const time = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }).format(
    new Date(item.at),
  );
  const circumstances = [
    w.activity.who[item.who],
    item.deviceName === null ? '' : w.activity.on(item.deviceName),
    item.ip === null ? '' : w.activity.from(item.ip),
  ].filter(Boolean);
  const { reason } = item;
  const refusal = reason !== null && isProblemCode(reason) ? problemText(problem(reason), t).sentence : null;
  return (
    <li className="activity-row" data-tone={tone}>
      <svg className="activity-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <Arch shape={shape} />
      </svg>
      <div className="activity-words">
        <p>
          <strong>{nameOf(item, w)}</strong> <span className="hint">{circumstances.join(' ')}</span>
        </p>
        {item.outcome !== 'ok' && (
          <p className="hint">
            {[`${w.activity.outcomes[item.outcome]}.`, refusal].filter(Boolean).join(' ')}
          </p>
        )}
      </div>
      <time className="hint numeric" dateTime={item.at}>
        {time}
      </time>
    </li>
  );
}

function nameOf(item: ActivityItem, w: Words): string {
  return hasName(item.action, w) ? w.activity.actions[item.action] : item.action;
}

function hasName(action: string, w: Words): action is keyof Words['activity']['actions'] {
  return Object.hasOwn(w.activity.actions, action);
}

function lookOf(item: ActivityItem): { tone: string; shape: ArchShape } {
  if (item.outcome !== 'ok') return { tone: 'stopped', shape: 'barred' };
  if (item.action === 'lease.begin') return { tone: 'on', shape: 'open' };
  if (item.action.startsWith('proof.')) return { tone: 'gate', shape: 'keyhole' };
  return { tone: 'off', shape: 'closed' };
}
