// A page's address gets its fields a moment after the page itself. That is one step in the browser's
// history and not two: whoever goes back from a page comes to the one before it at once.
{
  const push = history.pushState.bind(history)
  history.pushState = (state, title, url) => {
    const to = new URL(url ?? location.href, location.href)
    const filled = to.pathname === location.pathname && !location.search && to.search
    return filled ? history.replaceState(state, title, url) : push(state, title, url)
  }
}
