// Quick exit: the pattern of GOV.UK's "Exit this page". Used by the widget and by the pages.

/** Leaves at once. Nothing of the page stays in view, and Back does not lead to it, because its place in the history is taken. */
function leave(where = content.exit_url) {
  document.documentElement.replaceChildren();
  location.replace(where);
}

/** Calls `left` when Shift alone was pressed three times within five seconds; `once_more` is called before the last one. */
function watchShift(left, once_more, signal) {
  let presses = [];
  // Shift held for a capital letter is no press of Shift: any other key starts the count again.
  addEventListener('keydown', (event) => { if (event.key !== 'Shift') presses = []; }, { capture: true, signal });
  addEventListener('keyup', (event) => {
    if (!/^Shift/.test(event.code)) return; // an on-screen keyboard's has no code, or an unknown one: that is a capital letter to come
    presses = [...presses.filter((at) => event.timeStamp - at < 5000), event.timeStamp];
    if (presses.length >= 3) left();
    else if (presses.length === 2) once_more();
  }, { capture: true, signal });
}

/** On a kiosk, calls `wipe` after the set time without a key or a touch. Before that `say` gets a warning, and "" once it is heeded. */
function whenIdle(wipe, say, signal) {
  if (!content.kiosk) return;
  let timers = [], warned = '';
  const warn = () => say(warned = content.s.kiosk_touch);
  const used = () => {
    timers.forEach(clearTimeout);
    timers = [setTimeout(warn, content.soon * 1000), setTimeout(wipe, content.kiosk * 1000)];
    if (warned) say(warned = '');
  };
  // Back leads the next person to a page as it was left, where a browser kept it so.
  addEventListener('pageshow', (event) => { if (event.persisted) wipe(); }, { signal });
  for (const name of ['keydown', 'pointerdown', 'wheel']) addEventListener(name, used, { capture: true, passive: true, signal });
  used();
}

