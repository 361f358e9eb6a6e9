// A page's address gets its fields a moment after the page itself. That is one step in the browser's
// history and not two: whoever goes back from a page comes to the one before it at once. And where
// somebody has gone back and touched nothing since, an address that comes is a late one of the page
// that was left: as a step of its own it would take away all that is ahead.
{
  const push = history.pushState.bind(history)
  let touched = true
  addEventListener("popstate", () => { touched = false }, true)
  for (const kind of ["pointerdown", "keydown", "click", "input", "change"]) {
    addEventListener(kind, () => { touched = true }, true)
  }
  history.pushState = (state, title, url) => {
    const to = new URL(url ?? location.href, location.href)
    const filled = to.pathname === location.pathname && !location.search && to.search
    return filled || !touched ? history.replaceState(state, title, url) : push(state, title, url)
  }
}
