// Lifts the veil once the page is there whole: its script has run, nothing in it has changed for a
// moment, and nothing of it is still to come. At the latest after some seconds, and at once where
// there is something to be read, as when the server does not answer.
{
  const LATEST = 6000, QUIET = 250
  const COMING = "[data-testid=stSkeleton], [data-testid=stAppSkeleton], .ntk-uq-row > div:empty"
  const root = document.documentElement
  const stored = localStorage.getItem(`stActiveTheme-${location.pathname}-v2`) ?? ""
  const dark = /dark/i.test(stored) ||
    (!/light/i.test(stored) && matchMedia("(prefers-color-scheme: dark)").matches)
  root.classList.add("ntk-uq-veiled", ...(dark ? ["ntk-uq-dark"] : []))
  let ran = false, changed = performance.now()
  const observer = new MutationObserver(() => { changed = performance.now() })
  observer.observe(root, { subtree: true, childList: true, characterData: true })
  const whole = () => {
    const state = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState
    ran ||= state === "running"
    return ran && state === "notRunning" && performance.now() - changed > QUIET &&
      !document.querySelector(COMING)
  }
  const look = setInterval(() => {
    if (whole() || performance.now() > LATEST || document.querySelector("[role=dialog]")) lift()
  }, 50)
  const lift = () => {
    clearInterval(look)
    observer.disconnect()
    root.classList.remove("ntk-uq-veiled")
    document.getElementById("ntk-uq-veil")?.remove()
  }
}
