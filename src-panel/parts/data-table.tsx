import type { ReactNode } from 'react';

export interface Column<T> {
  key: string;
  name: string;
  /** The heading is read, and not seen: for a column of buttons. */
  isNameHidden?: boolean;
  isNumeric?: boolean;
  render: (row: T) => ReactNode;
}

interface DataTableProps<T> {
  /** What the table holds; read by screen readers only. */
  caption: string;
  /** The first column names the row. */
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
}

/** A table; where there is no room for columns each row becomes a card that names its cells. */
export function DataTable<T>({ caption, columns, rows, rowKey }: DataTableProps<T>) {
  return (
    <div className="table-box">
      <table className="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" data-numeric={column.isNumeric || undefined}>
                <span className={column.isNameHidden ? 'visually-hidden' : undefined}>{column.name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.key} scope="row">
                    <div className="cell">{column.render(row)}</div>
                  </th>
                ) : (
                  <td
                    key={column.key}
                    data-numeric={column.isNumeric || undefined}
                    data-name={column.isNameHidden ? undefined : column.name}
                  >
                    <div className="cell">{column.render(row)}</div>
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
