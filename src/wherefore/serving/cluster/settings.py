"""What a recommender on a cluster is told, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from wherefore.errors import ConfigError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class ClusterSettings(BaseModel):
    """The recommender, its state and its replicas. Paths are those of the machines that replicas run on.

    Attributes:
        catalog: File of items; None: the checkpoint's own.
        schema_file: YAML that says what its columns mean, as `schema`.
        skip_bad: Leave out rows that cannot be read.
        checkpoint: `starter`, or a folder.
        settings: Settings that differ from the checkpoint's, like `writer.tries=0`.
        recommender: `module:function` that gives the recommender instead; it takes no arguments.
        store: `postgresql://USER@HOST/DATABASE`; a SQLite file or `none` only with a single replica.
        k: Length of a list, where a request does not say.
        model: What the model is called in OpenAI's format.
        keys: File of API keys, on every machine.
        rate: Requests a minute of one key, counted by each replica on its own.
        burst: How many of them may come at once.
        hosts: Host names that are answered to. Default: without keys those of the machine itself, with keys all.
        origins: Web pages whose scripts may use it from a browser.
        timeout: Seconds after which a reply is given up.
        log_text: Log what people say, too.
        together: Conversations that a replica answers at once.
        queue: Turns that may wait in a replica, and as many in each HTTP proxy.
        replicas: How many there are at first, and at least.
        max_replicas: How many there may be under load; None: always `replicas`.
        busy: Conversations in work for each replica above which there shall be more; None: half of `together`.
        more_after: Seconds that it must be so before there are more.
        fewer_after: Seconds with less before there are fewer.
        cpus: Cores that a replica takes.
        gpus: GPUs that a replica takes; a part of one, like 0.5, is allowed.
        grace: Seconds that replies in work have to end before a replica is stopped.
        check_every: Seconds between two looks whether a replica is well.
        check_timeout: Seconds after which a replica that does not answer counts as ill.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    catalog: Path | None = None
    schema_file: Path | None = Field(None, alias="schema")
    skip_bad: bool = False
    checkpoint: str = "starter"
    settings: tuple[str, ...] = ()
    recommender: str | None = None
    store: str | None = None
    k: int = Field(5, ge=1)
    model: str = "wherefore"
    keys: Path | None = None
    rate: float | None = Field(None, gt=0)
    burst: int = Field(20, ge=1)
    hosts: tuple[str, ...] | None = None
    origins: tuple[str, ...] = ()
    timeout: float = Field(60.0, ge=1)
    log_text: bool = False
    together: int = Field(16, ge=1)
    queue: int = Field(32, ge=1)
    replicas: int = Field(1, ge=1)
    max_replicas: int | None = Field(None, ge=1)
    busy: float | None = Field(None, gt=0)
    more_after: float = Field(15.0, ge=0)
    fewer_after: float = Field(600.0, ge=0)
    cpus: float = Field(1.0, gt=0)
    gpus: float = Field(0.0, ge=0)
    grace: float = Field(30.0, ge=0)
    check_every: float = Field(10.0, gt=0)
    check_timeout: float = Field(30.0, gt=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.max_replicas is not None and self.max_replicas < self.replicas:
            raise ValueError(
                f"`max_replicas` is {self.max_replicas}, less than `replicas`, {self.replicas}; "
                "give at least as many, or leave it out"
            )
        if self.recommender is not None and (self.catalog or self.settings or self.checkpoint != "starter"):
            raise ValueError(
                "`recommender` makes the whole of it; leave `catalog`, `checkpoint` and `settings` out"
            )
        if self.catalog is None and (self.schema_file is not None or self.skip_bad):
            raise ValueError("`schema` and `skip_bad` are about `catalog`; give it, too")
        return self

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """The settings that plain values tell; a list may be a text with commas, as a command line has it.

        Raises:
            ConfigError: If a name is unknown, a value is not allowed, or several replicas would not share their state.
        """
        lists = ("settings", "hosts", "origins")
        tree = {
            name: [one for one in value.split(",") if one]
            if name in lists and isinstance(value, str)
            else value
            for name, value in given.items()
        }
        try:
            made = cls.model_validate(tree)
        except ValidationError as error:
            raise ConfigError("; ".join(_told(one, sorted(_names(cls))) for one in error.errors())) from error
        made.check_store()
        return made

    @property
    def most(self) -> int:
        """Replicas, at most."""
        return max(self.replicas, self.max_replicas or 1)

    @property
    def where(self) -> str:
        """Where state is kept."""
        from wherefore.serving.storage import default_store

        return default_store() if self.store is None else self.store

    @property
    def shared(self) -> bool:
        """Whether replicas can share the state."""
        return self.where.startswith(("postgresql", "postgres"))

    @property
    def answers_to(self) -> tuple[str, ...]:
        """The host names that are answered to; empty: all."""
        if self.hosts is not None:
            return tuple(one.lower() for one in self.hosts)
        return LOOPBACK if self.keys is None else ()

    def check_store(self) -> None:
        """See that replicas share what they keep.

        Raises:
            ConfigError: If they do not.
        """
        if self.most > 1 and not self.shared:
            seen = "in memory" if self.where == "none" else "in a SQLite file"
            raise ConfigError(
                f"state would be kept {seen}, which one replica has and the other{'s' if self.most > 2 else ''} would "
                f"not find, and there may be {self.most} replicas: give store: postgresql://USER@HOST/DATABASE "
                "(or --store, or $WHEREFORE_STORE), or a single replica"
            )


def _names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _told(error: Any, known: list[str]) -> str:
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"there is no setting `{where}`; known: {', '.join(known)}"
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"`{where}` is {error['input']!r}: {said}" if where else said
