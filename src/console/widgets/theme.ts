/** Light and dark: as the system has it, or as chosen here. */

/** `system` follows the settings of the device. */
export type Theme = "system" | "light" | "dark";

const KEY = "wamp-edge-console-theme";
const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** The theme that was chosen on this device. */
export function readTheme(): Theme {
  const stored = readStored(KEY);
  return THEMES.find((theme) => theme === stored) ?? "system";
}

/** Shows the page in a theme, and remembers the choice. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  writeStored(KEY, theme);
  dispatchEvent(new Event("themechange"));
}

/** The theme after this one, for a switch with one button. */
export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
}

/** Reads a choice of this device; null where the browser stores nothing. */
export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Remembers a choice on this device, where the browser allows it. Never for credentials. */
export function writeStored(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice holds until the page is closed.
  }
}
