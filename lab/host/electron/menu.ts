type Template = Parameters<typeof Electron.Menu.buildFromTemplate>[0];

/** One entry of a menu; `click` is what a person does. */
export class MenuItem {
  readonly label: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly checked: boolean;
  readonly role: string | undefined;
  readonly #onClick: ((...args: unknown[]) => void) | undefined;

  constructor(options: Electron.MenuItemConstructorOptions) {
    this.label = options.label ?? '';
    this.type = options.type ?? 'normal';
    this.enabled = options.enabled ?? true;
    this.checked = options.checked ?? false;
    this.role = options.role;
    this.#onClick = options.click as ((...args: unknown[]) => void) | undefined;
  }
  /** As the system does: nothing happens on a disabled entry. */
  click(): void {
    if (this.enabled) this.#onClick?.(this, undefined, {});
  }
}

export class Menu {
  readonly items: MenuItem[];
  static #applicationMenu: Menu | null = null;

  constructor(items: MenuItem[] = []) {
    this.items = items;
  }
  static buildFromTemplate(template: Template): Menu {
    return new Menu(template.map((entry) => new MenuItem(entry as Electron.MenuItemConstructorOptions)));
  }
  static setApplicationMenu(menu: Menu | null): void {
    Menu.#applicationMenu = menu;
  }
  static getApplicationMenu(): Menu | null {
    return Menu.#applicationMenu;
  }
}
