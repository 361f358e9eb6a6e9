"""What each page takes home: one file a page, without Streamlit."""
