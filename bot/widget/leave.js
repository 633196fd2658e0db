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
    if (event.key !== 'Shift') return;
    presses = [...presses.filter((at) => event.timeStamp - at < 5000), event.timeStamp];
    if (presses.length >= 3) left();
    else if (presses.length === 2) once_more();
  }, { capture: true, signal });
}

/** On a kiosk, calls `wipe` after the set time without a key or a touch. */
function whenIdle(wipe, signal) {
  if (!content.kiosk) return;
  let timer;
  const used = () => {
    clearTimeout(timer);
    timer = setTimeout(wipe, content.kiosk * 1000);
  };
  for (const name of ['keydown', 'pointerdown', 'wheel']) addEventListener(name, used, { capture: true, passive: true, signal });
  used();
}

