"""What ours is compared with, each written as somebody who knows that library well would."""
