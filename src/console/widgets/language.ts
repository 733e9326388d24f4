/** Gives the page a valid language where the browser's is none, such as `en-US@posix` of Chromium without a locale. */

// `sideEffects` of package.json names this file: a bundler would leave it out otherwise.
try {
  new Intl.Locale(navigator.language);
} catch {
  // uPlot makes a number format of it as its module loads, and the whole console would stay empty.
  Object.defineProperty(navigator, "language", { value: "en-US" });
}
