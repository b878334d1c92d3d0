"""Imports of reports: into a folder by the command line, into a tenant's dataset, ledger and files by `/v1/imports`.

Read first: `folder_import.import_to_folder`, then `running.run_import` and `routes.create_import`.
"""
