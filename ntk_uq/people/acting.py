"""What somebody does with runs, as far as she may, with a line in each run's log."""

from collections.abc import Collection, Iterable

from ntk_uq.base.counting import listed
from ntk_uq.base.errors import NotAllowedError
from ntk_uq.people import quotas
from ntk_uq.people.own_data import OwnData, hidden_owner, not_shown
from ntk_uq.people.person import DEMO, Person, Role
from ntk_uq.store import Job, Store


class Acting:
    """The runs of a store in the hands of one person.

    Every method that changes a run raises NotAllowedError, in words, where this person may not, and
    otherwise what the same method of :class:`ntk_uq.store.JobTable` raises.
    """

    def __init__(self, store: Store, person: Person) -> None:
        self._store, self.person = store, person

    def check_launch(self, job_id: str = "", seconds: float | None = None) -> None:
        """Whether this person may launch a run now.

        Args:
            job_id: the run's: it is not one more where it has not ended; empty for any.
            seconds: of one worker that it is told to take; None where nobody can tell.

        Raises:
            NotAllowedError: if she launches nothing.
            QuotaError: if she has no room for it.
        """
        if self.person.visits:
            raise NotAllowedError(DEMO)
        if self.person.role is Role.VIEWER:
            raise NotAllowedError(
                f"{self.person.name} may look at everything here, and launch nothing. An admin of "
                "this server can make a viewer a member."
            )
        if self.person.known:
            quotas.check_launch(self._store, self.person, job_id, seconds)

    def check_data(self, size: int) -> None:
        """Raises QuotaError where this person has no room for so many more bytes of own data."""
        if self.person.known:
            quotas.check_data(self._store, self.person, size)

    def account(self) -> quotas.Account | None:
        """What this person may have and has; None where nobody is asked who they are."""
        return quotas.account(self._store, self.person) if self.person.known else None

    def may_change(self, job: Job) -> bool:
        """Whether this person may stop, retry, name and archive a run."""
        return not self.refusal([job])

    def refusal(self, jobs: Iterable[Job]) -> str:
        """Why this person may not stop, retry, name and archive one of some runs, in words; empty
        where she may change all of them."""
        found = list(jobs)
        if self.person.visits and found:
            return DEMO
        if not self.person.known:
            return ""
        owners = self._store.people.owners_of(job.id for job in found)
        reasons = (self._refused(job, owners.get(job.id, {})) for job in found)
        return next(filter(None, reasons), "")

    def launched(self, job_id: str) -> None:
        """Notes that this person has launched a run, and owns it with whoever did before."""
        if self.person.known:
            self._store.people.own(job_id, self.person.id)
            self._store.quotas.stands(self.person.id, str(self.person.role))
            self._store.jobs.note(job_id, f"Launched by {self.person.name}.")

    def stop(self, job_id: str) -> Job:
        """Lets go of a run: it is stopped, unless others have launched it, too, and want it still.

        An admin who is none of its owners stops it for all of them.
        """
        job, owners = self._changing(job_id)
        rest = {who: name for who, name in owners.items() if who != self.person.id}
        if self.person.id in owners and rest:
            self._store.people.let_go(job_id, self.person.id)
            text = f"{self.person.name} lets go of it; {listed(list(rest.values()))} still want it."
            self._store.jobs.note(job_id, text)
            return job
        return self._done(self._store.jobs.request_cancel(job_id), "Stopped")

    def retry(self, job_id: str) -> Job:
        """Submits a run again; see :meth:`ntk_uq.store.JobTable.retry`."""
        self.check_launch(job_id)
        self._changing(job_id)
        job = self._store.jobs.retry(job_id)
        self.launched(job_id)
        return job

    def archive(self, job_id: str, archived: bool = True) -> Job:
        """Leaves a run out of lists, or takes it in again."""
        self._changing(job_id)
        job = self._store.jobs.archive(job_id, archived)
        return self._done(job, "Archived" if archived else "Taken out of the archive")

    def set_label(self, job_id: str, label: str) -> Job:
        """Names a run."""
        self._changing(job_id)
        return self._done(self._store.jobs.set_label(job_id, label), "Named")

    def set_tags(self, job_id: str, tags: Collection[str]) -> Job:
        """Gives a run tags."""
        self._changing(job_id)
        return self._done(self._store.jobs.set_tags(job_id, tags), "Tagged")

    def _changing(self, job_id: str) -> tuple[Job, dict[str, str]]:
        job = self._store.jobs.existing(job_id)
        owners = self._store.people.owners(job_id)
        refused = self._refused(job, owners)
        if refused is not None:
            raise NotAllowedError(refused)
        return job, owners

    def _refused(self, job: Job, owners: dict[str, str]) -> str | None:
        """Why this person may not change a run."""
        if self.person.visits:
            return DEMO
        if self.person.role is Role.ADMIN or self.person.id in owners:
            return None
        hidden = hidden_owner(job.spec, OwnData(self.person).hidden())
        if hidden is not None:
            return not_shown(hidden)
        if owners:
            return (
                f"This run is {listed(list(owners.values()))}'s: only its owners and admins stop, "
                "retry, name and archive it."
            )
        if self.person.role is Role.VIEWER and job.launched:
            return f"{self.person.name} may look at runs, and change none."
        return None

    def _done(self, job: Job, what: str) -> Job:
        if self.person.known:
            self._store.jobs.note(job.id, f"{what} by {self.person.name} ({self.person.role}).")
        return job
