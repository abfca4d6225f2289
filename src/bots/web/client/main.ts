import { openChat } from './chat.ts';
import { askForLink, tokenIn } from './gate.ts';
import { applyTheme } from './header.ts';
import { readPreferences } from './preferences.ts';
import { beginSession, fetchSetup, UnknownHere } from './server.ts';
import { words } from './words.ts';

const preferences = readPreferences();
applyTheme(preferences.theme);
document.documentElement.lang = preferences.language === 'zh' ? 'zh-CN' : 'en';

try {
  await beginSession(tokenIn(location.hash));
} catch (error) {
  if (!(error instanceof UnknownHere)) throw error;
  await askForLink(words[preferences.language]);
}
history.replaceState(null, '', location.pathname); // the token is in no address bar, screenshot or history
await openChat(preferences, await fetchSetup());
