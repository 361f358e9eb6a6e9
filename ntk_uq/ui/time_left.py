"""How long something still takes, from how fast it went so far; it moves between results."""

from dataclasses import dataclass, replace

_PRIOR = 0.02
"""Work at the guessed speed that is added to what was seen, as a share of all."""


@dataclass(frozen=True)
class Pace:
    """What was seen of a computation whose rest was estimated in seconds of work.

    Attributes:
        began, whole: when it was looked at first, and its estimated rest then [s].
        changed, rest: when that changed last, and to what [s].
    """

    began: float
    whole: float
    changed: float
    rest: float

    @classmethod
    def first(cls, now: float, rest: float) -> "Pace":
        """What is known at the first look."""
        return cls(now, rest, now, rest)

    def seen(self, now: float, rest: float) -> "Pace":
        """The same after a further look; work that was added begins it anew."""
        if rest > self.rest:
            return Pace.first(now, rest)
        return replace(self, changed=now, rest=rest) if rest < self.rest else self

    def left(self, now: float, guess: float) -> float:
        """Seconds from now to the end, at the speed that was seen.

        Work ``whole - rest`` took ``changed - began``, so the rest takes as much longer as it is
        larger; from then on the time runs. To what was seen some work at the guessed speed is
        added: the first results of many are small and slow, since programs are compiled for them,
        and would tell of days where it is hours.

        Args:
            now: in seconds, as the times that were seen.
            guess: how much longer than estimated one second of work takes, until it is seen.
        """
        done, took = self.whole - self.rest, self.changed - self.began
        if done <= 0 or took <= 0:
            rate = guess
        else:
            prior = _PRIOR * self.whole
            rate = (prior * guess + took) / (prior + done)
        return max(0.0, self.rest * rate - (now - self.changed))
