import * as z from 'zod';

/** Lists of the panel page by key: `cursor` is the `nextCursor` of the answer before, opaque to the reader. */
export const cursor = z.string().min(1).max(512);

export const pageLimit = z.coerce.number().int().min(1).max(100).default(50);

/** Query of a list that has nothing to filter by. */
export const pageQuery = z.strictObject({ cursor: cursor.optional(), limit: pageLimit });

/** Null on the last page. */
export const nextCursor = z.string().nullable();

/** What a person types into a search field; blank finds everything. */
export const searchText = z.string().trim().max(100);
