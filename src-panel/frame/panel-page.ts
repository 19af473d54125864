import type { ComponentType } from 'react';
import type { MemberRole } from '../../src-shared/member-role.ts';
import type { LanguageKey } from '../../src-ui/strings/language.ts';

/** One page of the navigation. It also stands for what is below its path ("/members" for "/members/<id>"). */
export interface PanelPage {
  /** "/members", without a slash at its end. */
  path: string;
  group: 'team' | 'account';
  name: (language: LanguageKey) => string;
  Icon: ComponentType;
  isFor: (role: MemberRole) => boolean;
  /** `rest`: the segments below the path, decoded: `['<id>']` at "/members/<id>". */
  Page: ComponentType<{ rest: readonly string[] }>;
}

export const isAdministrator = (role: MemberRole): boolean => role !== 'member';

/** The page that the path belongs to, with what is below it; null when there is none. */
export function findPage(
  pages: readonly PanelPage[],
  path: string,
): { page: PanelPage; rest: readonly string[] } | null {
  const page = pages.find((each) => path === each.path || path.startsWith(`${each.path}/`));
  if (!page) return null;
  try {
    const rest = path.slice(page.path.length).split('/').filter(Boolean).map(decodeURIComponent);
    return { page, rest };
  } catch {
    return null;
  }
}
