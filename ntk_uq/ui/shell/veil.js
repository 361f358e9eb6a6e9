// Lifts the veil once the page is there whole: its script has run, nothing of it is still to come,
// and nothing in it has changed for a moment, or results come and change it all the time. At the
// latest after some seconds, and at once where there is something to be read, as when the server
// does not answer.
{
  const LATEST = 6000, QUIET = 50, FRAMES = 3, GROWING = 400
  const COMING = "[data-testid=stSkeleton], [data-testid=stAppSkeleton], " +
    ".ntk-uq-panels:empty, .ntk-uq-row > div:empty"
  const root = document.documentElement
  const stored = localStorage.getItem(`stActiveTheme-${location.pathname}-v2`) ?? ""
  const dark = /dark/i.test(stored) ||
    (!/light/i.test(stored) && matchMedia("(prefers-color-scheme: dark)").matches)
  root.classList.add("ntk-uq-veiled", ...(dark ? ["ntk-uq-dark"] : []))
  let ran = false, since = null, changed = performance.now(), frames = 0
  const state = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState
  const observer = new MutationObserver(changes => {
    // A short run would be missed by looking now and then.
    ran ||= state() === "running" || changes.some(change => change.oldValue === "running")
    changed = performance.now()
    frames = 0
  })
  observer.observe(root, {
    subtree: true, childList: true, characterData: true,
    attributeFilter: ["data-test-script-state"], attributeOldValue: true,
  })
  const whole = () => {
    if (since === null && ran && state() === "notRunning") since = performance.now()
    if (since === null || document.querySelector(COMING)) return false
    const now = performance.now()
    // In frames, too: a browser that is busy draws none, and has something in hand.
    return (now - changed > QUIET && frames > FRAMES) || now - since > GROWING
  }
  let begun = null  // when there was anything behind the veil: on a slow network, after a while
  const look = () => {
    const app = document.querySelector("[data-testid=stApp]")
    if (app) begun ??= performance.now()
    const late = begun !== null && performance.now() - begun > LATEST
    if (whole() || late || document.querySelector("[role=dialog]")) lift()
  }
  const timer = setInterval(look, 30)  // in a tab that cannot be seen there are no frames
  const frame = () => {
    frames += 1
    look()
    if (root.classList.contains("ntk-uq-veiled")) requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  const lift = () => {
    clearInterval(timer)
    observer.disconnect()
    root.classList.remove("ntk-uq-veiled")
    document.getElementById("ntk-uq-veil")?.remove()
  }
}
