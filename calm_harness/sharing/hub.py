"""Upload a folder as a data set of the Hub."""

from __future__ import annotations

from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.sharing.card import CARD, TAG
from calm_harness.sharing.folder import DATA
from retrieval.text import one_line

THEIRS = (".gitattributes", CARD)  # what the Hub itself begins a data set with


def check_name(repo: str) -> None:
    """See that a data set may be called so.

    Raises:
        CalmError: it may not.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise CalmError(f"--repo {repo}: {one_line(error)}") from None
    if repo.count("/") != 1:
        raise CalmError(f"--repo {repo} has no owner; give USER/NAME")


def upload(folder: Path, repo: str, *, private: bool) -> str:
    """Upload a folder, in place of what an earlier one brought.

    Args:
        folder: as `calm_harness.sharing.folder.write` wrote it.
        repo: `USER/NAME`; made if it is not there.
        private: whether only its owner is to see it.

    Returns:
        Its address.

    Raises:
        CalmError: something else is there, or what is to be private would be public, or the Hub cannot be reached or
            says no.
    """
    from huggingface_hub import DatasetCard, HfApi

    api = HfApi()
    try:
        if api.repo_exists(repo, repo_type="dataset"):
            if private and not api.repo_info(repo, repo_type="dataset").private:
                raise CalmError(f"{repo} is there and public; make it private on the Hub first, or name another --repo")
            files = api.list_repo_files(repo, repo_type="dataset")
            tags = DatasetCard.load(repo, repo_type="dataset").data.tags if CARD in files else None
            if set(files) - set(THEIRS) and TAG not in (tags or ()):
                raise CalmError(f"{repo} holds a data set that is none of calm push's; name another --repo")
        else:
            api.create_repo(repo, repo_type="dataset", private=private)
        done = api.upload_folder(
            folder_path=folder,
            repo_id=repo,
            repo_type="dataset",
            commit_message="Push by calm-harness",
            delete_patterns=f"{DATA}/*",
        )
    except CalmError:
        raise
    except Exception as error:  # the Hub's, the network's, and that there is none (HF_HUB_OFFLINE)
        raise CalmError(
            f"{repo} was not pushed ({one_line(f'{type(error).__name__}: {error}')}); `hf auth whoami` says who you "
            "are, --dry_run --output DIR writes the folder"
        ) from None
    return str(getattr(done, "repo_url", done))
