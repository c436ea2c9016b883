import { useEffect, useState } from 'preact/hooks';

const STORED = 'switchyard-theme';
const THEMES = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;
type Theme = keyof typeof THEMES;

function readTheme(): Theme {
	const stored = localStorage.getItem(STORED);
	return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** Light, dark, or as the system has it; remembered by this browser. */
export function ThemeChoice() {
	const [theme, setTheme] = useState(readTheme);
	useEffect(() => {
		if (theme === 'system') delete document.documentElement.dataset['theme'];
		else document.documentElement.dataset['theme'] = theme;
		localStorage.setItem(STORED, theme);
	}, [theme]);
	return (
		<label class="field">
			Theme
			<select value={theme} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
				{Object.entries(THEMES).map(([value, name]) => (
					<option key={value} value={value}>
						{name}
					</option>
				))}
			</select>
		</label>
	);
}
