import { accountPages } from '../account/account-pages.ts';
import { adminPages } from '../admin/admin-pages.ts';
import type { PanelPage } from './panel-page.ts';

/** Every page, in the order of the navigation. The first one that somebody may open is where they begin. */
export const pages: readonly PanelPage[] = [...adminPages, ...accountPages];
