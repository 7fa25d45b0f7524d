#!/usr/bin/env python3
"""Reads a repository of ours with python-tuf's own client, from its first root on, and fetches every target.

usage: tuf_reader.py REPOSITORY_DIR   prints: root N, targets N, M files. Needs: pip install tuf"""
import os
import sys
import tempfile

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

REPOSITORY = os.path.abspath(sys.argv[1])


class Folder(FetcherInterface):
    """Files of the repository's folder by their path."""

    def _fetch(self, url):
        path = url.removeprefix('file://')
        if not os.path.isfile(path):
            raise DownloadHTTPError('not there', 404)
        with open(path, 'rb') as file:
            yield file.read()


with tempfile.TemporaryDirectory() as kept, tempfile.TemporaryDirectory() as fetched:
    with open(REPOSITORY + '/metadata/1.root.json', 'rb') as file:
        first = file.read()
    urls = [f'file://{REPOSITORY}/{folder}/' for folder in ('metadata', 'targets')]
    client = Updater(kept, urls[0], fetched, urls[1], fetcher=Folder(), bootstrap=first)
    client.refresh()
    trusted = client._trusted_set
    names = list(trusted.targets.targets)
    for name in names:
        client.download_target(client.get_targetinfo(name))
    print(f'root {trusted.root.version}, targets {trusted.targets.version}, {len(names)} files')
