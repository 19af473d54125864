import { expect, test } from 'vitest';
import { findPage, type PanelPage } from './panel-page.ts';

const Nothing = () => null;
const page = (path: string): PanelPage => ({
  path,
  group: 'team',
  name: () => path,
  Icon: Nothing,
  isFor: () => true,
  Page: Nothing,
});
const pages = [page('/members'), page('/api')];

test('a page stands for its path and what is below it, with the rest decoded', () => {
  expect(findPage(pages, '/members')).toMatchObject({ page: { path: '/members' }, rest: [] });
  expect(findPage(pages, '/members/a%20b/x')?.rest).toEqual(['a b', 'x']);
});

test('a longer word is another path, and what cannot be decoded is none', () => {
  expect(findPage(pages, '/membership')).toBeNull();
  expect(findPage(pages, '/')).toBeNull();
  expect(findPage(pages, '/members/%E0%A4%A')).toBeNull();
});
