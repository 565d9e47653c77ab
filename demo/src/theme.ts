// Light or dark: the system's wish unless the reader has chosen. The choice is kept, and applied before the first
// paint by the script in index.html.
import { computed, effect, signal } from '@preact/signals';

export type Theme = 'light' | 'dark';

const NAME = 'sluice.theme';
const query = matchMedia('(prefers-color-scheme: dark)');
const system = signal<Theme>(query.matches ? 'dark' : 'light');
const chosen = signal<Theme | undefined>(stored());

export const theme = computed<Theme>(() => chosen.value ?? system.value);

query.addEventListener('change', () => (system.value = query.matches ? 'dark' : 'light'));
effect(() => {
  if (chosen.value === undefined) delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen.value;
});

export function toggleTheme(): void {
  chosen.value = theme.peek() === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(NAME, chosen.value);
  } catch {
    // without storage the choice lasts until the page is left
  }
}

/** A colour of the style sheet, for what is drawn on a canvas. */
export function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function stored(): Theme | undefined {
  try {
    const theme = localStorage.getItem(NAME);
    return theme === 'light' || theme === 'dark' ? theme : undefined;
  } catch {
    return undefined;
  }
}
